// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {IRewardRatePool} from "../../contracts/interfaces/IRewardRatePool.sol";
import {IRewardsDistributor} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {IServiceNodeRegistry} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {KeyStore} from "../../contracts/KeyStore.sol";
import {Bls} from "../../contracts/libraries/Bls.sol";
import {RegistrationLib} from "../../contracts/libraries/RegistrationLib.sol";
import {RewardRatePool} from "../../contracts/RewardRatePool.sol";
import {RewardsDistributor} from "../../contracts/RewardsDistributor.sol";
import {ServiceNodeRewards} from "../../contracts/ServiceNodeRewards.sol";
import {SessionToken} from "../../contracts/SessionToken.sol";
import {Code} from "./support/Code.sol";
import {Deploy} from "./support/Deploy.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-32, P-49: what a deployment refuses to begin with.
contract InitializeTest is NetworkTest {
    bytes4 private constant INVALID_INITIALIZATION = bytes4(keccak256("InvalidInitialization()"));

    function test_P32_refuses_a_precompile_that_answers_with_nothing() public {
        address[6] memory precompiles =
            [Bls.SHA256, Bls.MODEXP, Bls.G1ADD, Bls.G2ADD, Bls.PAIRING, Bls.MAP_FP2_TO_G2];
        for (uint256 i = 0; i < precompiles.length; ++i) {
            vm.mockCall(precompiles[i], "", "");
            (bool success, bytes memory answer) = address(this).call(abi.encodeCall(this.initializeHere, ()));
            vm.clearMockedCalls();
            assertTrue(!success, "refused");
            // It names the one, or a later one that was given what the one did not compute.
            assertEq(bytes32(bytes4(answer)), bytes32(IServiceNodeRegistry.PrecompileFailed.selector));
        }
    }

    function test_P32_refuses_a_precompile_that_answers_something_else() public {
        bytes memory failed = abi.encodeWithSelector(IServiceNodeRegistry.KnownAnswerFailed.selector);
        vm.mockCall(Bls.G1ADD, "", new bytes(128));
        _initializeRefused(failed);
        vm.clearMockedCalls();
        vm.mockCall(Bls.MAP_FP2_TO_G2, "", new bytes(256));
        _initializeRefused(failed);
        vm.clearMockedCalls();
        // One that never says yes, and one that always does.
        vm.mockCall(Bls.PAIRING, "", abi.encode(0));
        _initializeRefused(failed);
        vm.clearMockedCalls();
        vm.mockCall(Bls.PAIRING, "", abi.encode(1));
        _initializeRefused(failed);
        vm.clearMockedCalls();
    }

    function test_P49_the_stores_are_the_first_contracts_of_the_proxy() public {
        // This test has made others before: the addresses that ids give would not be those of the stores.
        (bool success, bytes memory answer) = address(this).call(abi.encodeCall(this.initializeHere, ()));
        assertTrue(!success, "refused");
        assertEq(bytes32(bytes4(answer)), bytes32(IServiceNodeRewards.WrongAddress.selector));
    }

    function test_P49_refuses_code_without_a_distributor_and_a_distributor_without_pool_or_rewards() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.WrongAddress.selector, "distributor", address(0)));
        Deploy.rewardsLogic(RewardsDistributor(address(0)));
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.WrongAddress.selector, "pool", address(0)));
        Deploy.distributor(RewardRatePool(address(0)), address(1));
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.WrongAddress.selector, "rewards", address(0)));
        Deploy.distributor(pool, address(0));
    }

    function test_P49_refuses_a_pool_that_pays_somebody_else() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardsDistributor.WrongAddress.selector, "pool.beneficiary", address(distributor)
            )
        );
        Deploy.distributor(pool, address(rewards));
    }

    function test_P49_refuses_a_distributor_that_listens_to_another() public {
        address logic = Deploy.rewardsLogic(distributor);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRewards.WrongAddress.selector, "distributor.rewards", address(rewards)
            )
        );
        Deploy.proxy(logic, abi.encodeCall(ServiceNodeRewards.initialize, (_parameters())));
    }

    function test_P49_token_and_pool_are_those_of_the_distributor() public {
        SessionToken other = Deploy.token(1, address(this));
        (address planned, RewardsDistributor own) = _distributorFor(other);
        address logic = Deploy.rewardsLogic(own);
        address proxy = Deploy.proxy(logic, abi.encodeCall(ServiceNodeRewards.initialize, (_parameters())));
        assertEq(proxy, planned);
        assertEq(address(ServiceNodeRewards(proxy).token()), address(other));
        assertEq(address(ServiceNodeRewards(proxy).pool()), address(own.pool()));
        assertEq(address(own.token()), address(other));
    }

    function test_P49_refuses_parameters_out_of_range() public {
        ServiceNodeRewards.Parameters memory p = _parameters();
        uint64[3] memory epochs = [uint64(0), 1, 1 << 32];
        for (uint256 i = 0; i < 3; ++i) {
            p.epochSeconds = epochs[i];
            _refusedParameter(p, "epochSeconds", epochs[i]);
        }
        p = _parameters();
        uint64[2] memory notices = [uint64(0), 1 << 32];
        for (uint256 i = 0; i < 2; ++i) {
            p.emergencyNoticeSeconds = notices[i];
            _refusedParameter(p, "emergencyNoticeSeconds", notices[i]);
        }
        p = _parameters();
        uint128[2] memory stakes = [uint128(0), 1 << 64];
        for (uint256 i = 0; i < 2; ++i) {
            p.stakingRequirement = stakes[i];
            _refusedParameter(p, "stakingRequirement", stakes[i]);
        }
        p = _parameters();
        uint256[2] memory limits = [uint256(0), 1 << 64];
        for (uint256 i = 0; i < 2; ++i) {
            p.claimLimit = limits[i];
            _refusedParameter(p, "claimLimit", limits[i]);
        }
        p = _parameters();
        uint256[2] memory cycles = [uint256(0), 1 << 24];
        for (uint256 i = 0; i < 2; ++i) {
            p.claimCycleSeconds = cycles[i];
            _refusedParameter(p, "claimCycleSeconds", cycles[i]);
        }
    }

    function test_P44_initialisation_emits_what_it_sets() public {
        (address planned, RewardsDistributor own) = _distributorFor(token);
        address logic = Deploy.rewardsLogic(own);
        bytes memory init = abi.encodeCall(ServiceNodeRewards.initialize, (_parameters()));
        vm.expectEmit(planned);
        emit IServiceNodeRewards.StakingRequirementUpdated(STAKE);
        vm.expectEmit(planned);
        emit IEmergency.GuardianUpdated(GUARDIAN);
        vm.expectEmit(address(own));
        emit IRewardsDistributor.ClaimLimitUpdated(CLAIM_LIMIT, CYCLE);
        ServiceNodeRewards created = ServiceNodeRewards(Deploy.proxy(logic, init));
        assertEq(created.owner(), address(this));
        assertEq(created.guardian(), GUARDIAN);
        assertEq(created.founder(), FOUNDER);
        assertEq(created.epochSeconds(), 1 hours);
        assertEq(created.emergencyNoticeSeconds(), NOTICE);
        // Nothing runs yet, and no pause does.
        assertEq(created.genesis(), 0);
        assertEq(created.pausedUntil(), 0);
        assertTrue(!created.paused(), "not paused");
    }

    function test_P49_refuses_a_pool_without_token_or_beneficiary() public {
        address logic = Deploy.poolLogic();
        bytes memory zero = abi.encodeWithSelector(IRewardRatePool.AddressIsZero.selector);
        vm.expectRevert(zero);
        Deploy.proxy(
            logic, abi.encodeCall(RewardRatePool.initialize, (address(this), SessionToken(address(0)), address(1)))
        );
        vm.expectRevert(zero);
        Deploy.proxy(logic, abi.encodeCall(RewardRatePool.initialize, (address(this), token, address(0))));
    }

    function test_P49_initialises_once_and_never_the_code_behind() public {
        bytes memory again = abi.encodeWithSelector(INVALID_INITIALIZATION);
        vm.expectRevert(again);
        rewards.initialize(_parameters());
        vm.expectRevert(again);
        pool.initialize(address(this), token, address(1));
        RewardRatePool logic = RewardRatePool(Deploy.poolLogic());
        vm.expectRevert(again);
        logic.initialize(address(this), token, address(1));
    }

    function test_a_store_refuses_strangers_and_what_does_not_fit() public {
        KeyStore store = KeyStore(Code.create("contracts/KeyStore.sol:KeyStore", ""));
        vm.prank(address(9));
        vm.expectRevert(abi.encodeWithSelector(KeyStore.NotOwner.selector, address(9), address(this)));
        store.append("");
        vm.expectRevert(abi.encodeWithSelector(KeyStore.AppendFailed.selector, 24_576));
        store.append(new bytes(24_576));
        assertEq(store.append(new bytes(24_575)).code.length, 24_576);
        // The code of 24,000 bytes costs 4.8 million gas: with three the creation fails, and says so.
        bytes memory data = new bytes(24_000);
        vm.expectRevert(abi.encodeWithSelector(KeyStore.AppendFailed.selector, 24_000));
        store.append{gas: 3_000_000}(data);
    }

    /// @dev The library on this contract's storage, so that a revert can be caught.
    function initializeHere() external {
        RegistrationLib.initialize();
    }

    function _initializeRefused(bytes memory expected) private {
        (bool success, bytes memory answer) = address(this).call(abi.encodeCall(this.initializeHere, ()));
        assertTrue(!success, "refused");
        assertEq(answer, expected);
    }

    /// @dev Pool and distributor for a rewards proxy that is the fourth contract from here: pool, distributor, code,
    /// proxy.
    function _distributorFor(SessionToken token_) private returns (address planned, RewardsDistributor created) {
        address logic = Deploy.poolLogic();
        uint256 nonce = vm.getNonce(address(this));
        planned = vm.computeCreateAddress(address(this), nonce + 3);
        address paid = vm.computeCreateAddress(address(this), nonce + 1);
        RewardRatePool own = RewardRatePool(
            Deploy.proxy(logic, abi.encodeCall(RewardRatePool.initialize, (address(this), token_, paid)))
        );
        created = Deploy.distributor(own, planned);
    }

    function _refusedParameter(ServiceNodeRewards.Parameters memory parameters, string memory name, uint256 value)
        private
    {
        (, RewardsDistributor own) = _distributorFor(token);
        address logic = Deploy.rewardsLogic(own);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.ParameterOutOfRange.selector, name, value));
        Deploy.proxy(logic, abi.encodeCall(ServiceNodeRewards.initialize, (parameters)));
    }
}
