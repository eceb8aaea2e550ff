// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Contribution,
    ContributionStatus,
    IServiceNodeContribution,
    Reservation
} from "../../contracts/interfaces/IServiceNodeContribution.sol";
import {Contributor} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ContributionTest} from "./support/ContributionTest.sol";
import {HostileToken} from "./support/HostileToken.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-46 to P-48 over random histories: sums are exact, and nobody gains or loses.
contract ContributionFuzzTest is ContributionTest {
    uint256 private constant PEOPLE = 14; // more than there are places
    uint256 private constant STEPS = 40;

    address[PEOPLE] private people;
    uint256 private random;

    function setUp() public override {
        super.setUp();
        people[0] = OPERATOR;
        for (uint256 i = 1; i < PEOPLE; ++i) {
            people[i] = _someone(i);
        }
    }

    function testFuzz_P48_whatever_happens_everyone_has_all_they_brought(uint256 seed) public {
        random = seed;
        bool manual = _draw(2) == 0;
        _openAtRandom(manual);
        for (uint256 step = 0; step < STEPS && pot.status() != ContributionStatus.Finalized; ++step) {
            _step(manual);
            _check();
        }
        if (pot.status() == ContributionStatus.Finalized) return _checkNode();
        if (pot.status() != ContributionStatus.Setup) {
            vm.prank(OPERATOR);
            pot.reset();
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (pot.refundable(people[i]) != 0) pot.refund(people[i]);
            assertEq(token.balanceOf(people[i]), 10 * STAKE);
        }
        assertEq(token.balanceOf(address(pot)), 0);
    }

    function testFuzz_P46_bounded_contributions_complete_every_round(uint256 seed, uint256 opening) public {
        // Whatever is paid within the bounds, nine others complete the stake, and sum to it exactly.
        random = seed;
        _open(uint96(bound(opening, QUARTER, WHOLE)), false);
        for (uint256 i = 1; pot.status() == ContributionStatus.Open; ++i) {
            assertTrue(i <= 9, "ten are enough");
            (uint256 minimum, uint256 maximum) = pot.contributionBounds(people[i]);
            assertTrue(minimum != 0 && minimum <= maximum, "someone may always pay");
            _contribute(people[i], uint96(_draw(3) == 0 ? minimum : minimum + _draw(maximum - minimum + 1)));
        }
        _checkNode();
    }

    function _step(bool manual) private {
        uint256 what = _draw(10);
        address who = people[_draw(PEOPLE)];
        if (pot.status() == ContributionStatus.Setup) return _openAtRandom(manual);
        if (what == 0) {
            if (_draw(4) != 0) return;
            vm.prank(OPERATOR);
            pot.reset();
        } else if (what == 1) {
            if (pot.refundable(who) != 0) pot.refund(who);
        } else if (what < 4) {
            vm.warp(block.timestamp + _draw(2 days));
            vm.prank(who);
            (bool success,) = address(pot).call(abi.encodeCall(pot.withdraw, ()));
            if (success && pot.refundable(who) == 0) assertEq(token.balanceOf(who), 10 * STAKE);
        } else if (what == 4 && pot.status() == ContributionStatus.Full) {
            vm.prank(OPERATOR);
            pot.finalize();
        } else {
            _contributeAtRandom(who);
        }
    }

    function _openAtRandom(bool manual) private {
        Reservation[] memory reserved = new Reservation[](_draw(4));
        uint96 sum = 0;
        for (uint256 i = 0; i < reserved.length; ++i) {
            reserved[i] = Reservation(people[1 + i], uint96(1 + _draw(WHOLE / 4)));
            sum += reserved[i].amount;
        }
        uint256 most = sum + QUARTER > WHOLE ? 0 : WHOLE - sum;
        if (most == 0) reserved = new Reservation[](0);
        _open(most == 0 ? QUARTER : uint96(QUARTER + _draw(most - QUARTER + 1)), reserved, manual);
    }

    /// @dev Contributes within the bounds; one below and one above is refused.
    function _contributeAtRandom(address who) private {
        (uint256 minimum, uint256 maximum) = pot.contributionBounds(who);
        if (maximum == 0) return;
        _refusedContribution(who, uint96(minimum - 1), _outOfRange(minimum - 1, minimum, maximum));
        _refusedContribution(who, uint96(maximum + 1), _outOfRange(maximum + 1, minimum, maximum));
        uint256 amount = _draw(4) == 0 ? maximum : minimum + _draw(maximum - minimum + 1);
        _contribute(who, uint96(amount));
    }

    function _check() private view {
        Contribution[] memory contributions = pot.contributions();
        Reservation[] memory reserved = pot.reservations();
        assertTrue(contributions.length + reserved.length <= 10, "at most ten");
        uint256 sum = 0;
        for (uint256 i = 0; i < contributions.length; ++i) {
            assertTrue(contributions[i].amount != 0, "nobody stays with nothing");
            sum += contributions[i].amount;
        }
        assertEq(sum, pot.total());
        uint256 owed = pot.status() == ContributionStatus.Finalized ? 0 : sum;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            owed += pot.refundable(people[i]);
        }
        assertEq(token.balanceOf(address(pot)), owed);
        for (uint256 i = 0; i < reserved.length; ++i) {
            sum += reserved[i].amount;
        }
        assertTrue(sum <= WHOLE, "never more than the requirement");
        if (contributions.length != 0) {
            assertEq(contributions[0].addr, OPERATOR);
            assertTrue(contributions[0].amount >= QUARTER, "a quarter at least");
        }
    }

    /// @dev Everyone's tokens are in the node, in a refund or in the hand.
    function _checkNode() private {
        Contributor[] memory contributors = rewards.node(pot.nodeId()).contributors;
        assertEq(contributors[0].addr, OPERATOR);
        uint256 sum = 0;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (pot.refundable(people[i]) != 0) pot.refund(people[i]);
            uint256 staked = 0;
            for (uint256 j = 0; j < contributors.length; ++j) {
                if (contributors[j].addr == people[i]) staked += contributors[j].stake;
            }
            assertEq(token.balanceOf(people[i]) + staked, 10 * STAKE);
            sum += staked;
        }
        assertEq(sum, STAKE);
        assertEq(token.balanceOf(address(pot)), 0);
    }

    /// @dev The next random number below `limit`.
    function _draw(uint256 limit) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % limit;
    }
}

/// @dev P-47, P-48 with a token that lies or calls back, in the place of the real one.
contract ContributionHostileTokenTest is ContributionTest {
    HostileToken private hostile;

    function setUp() public override {
        super.setUp();
        vm.etch(address(token), address(new HostileToken()).code);
        hostile = HostileToken(address(token));
        _fund(address(hostile));
    }

    function test_P48_a_token_with_a_fee_is_refused() public {
        hostile.setFee(100);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, new Reservation[](0), true)),
            abi.encodeWithSelector(
                IServiceNodeContribution.TransferMismatch.selector, QUARTER - QUARTER / 100, QUARTER
            )
        );
    }

    function test_P47_a_call_back_while_paying_in_changes_nothing() public {
        _open(QUARTER, true);
        // The token itself contributes, so that a call back from it is a contributor's.
        hostile.forward(address(pot), abi.encodeCall(pot.contribute, (1, QUARTER, address(hostile))));
        vm.warp(block.timestamp + 2 days);
        bytes[3] memory calls = [
            abi.encodeCall(pot.withdraw, ()),
            abi.encodeCall(pot.contribute, (1, 1, address(hostile))),
            abi.encodeCall(pot.refund, (address(hostile)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.setCallback(address(pot), calls[i]);
            uint96 amount = i == 0 ? QUARTER : 1;
            uint256 total = pot.total();
            _contribute(ALICE, amount);
            _expectReentrancyRefused();
            assertEq(pot.total(), total + amount);
            assertEq(token.balanceOf(address(pot)), pot.total());
        }
    }

    function test_P47_a_withdrawal_or_refund_that_calls_back_pays_once() public {
        _open(QUARTER, true);
        hostile.forward(address(pot), abi.encodeCall(pot.contribute, (1, QUARTER, address(hostile))));
        vm.warp(block.timestamp + 2 days);
        bytes memory withdraw = abi.encodeCall(pot.withdraw, ());
        hostile.setCallback(address(pot), withdraw);
        hostile.forward(address(pot), withdraw);
        assertEq(token.balanceOf(address(hostile)), 10 * STAKE);
        _expectReentrancyRefused();

        vm.prank(OPERATOR);
        pot.reset();
        hostile.setCallback(address(pot), abi.encodeCall(pot.refund, (OPERATOR)));
        pot.refund(OPERATOR);
        assertEq(token.balanceOf(OPERATOR), 10 * STAKE);
        assertEq(token.balanceOf(address(pot)), 0);
        _expectReentrancyRefused();
    }

    function test_P48_a_call_back_while_registering_changes_nothing() public {
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        hostile.setCallback(address(pot), abi.encodeCall(pot.refund, (ALICE)));
        _contribute(BOB, WHOLE - 2 * QUARTER);
        _expectReentrancyRefused();
        assertEq(rewards.node(pot.nodeId()).contributors.length, 3);
        assertEq(token.balanceOf(address(pot)), 0);
    }

    function test_P48_a_hostile_foreign_token_reaches_no_stake() public {
        HostileToken foreign = new HostileToken();
        _open(QUARTER, true);
        vm.prank(OPERATOR);
        pot.reset();
        _open(QUARTER, true);
        foreign.mint(address(pot), 10);
        foreign.setCallback(address(pot), abi.encodeCall(pot.refund, (OPERATOR)));
        vm.prank(OPERATOR);
        assertEq(pot.rescue(foreign), 10);
        assertEq(foreign.answer(), abi.encodeWithSelector(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
        assertEq(pot.refundable(OPERATOR), QUARTER);
        assertEq(token.balanceOf(address(pot)), 2 * QUARTER);
    }

    function _expectReentrancyRefused() private view {
        assertEq(hostile.answer(), abi.encodeWithSelector(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
    }
}
